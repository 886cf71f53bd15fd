package shop

import "testing"

func TestOwn(*testing.T) {}
