package shop_test

import (
	"testing"

	"tea.example/leaf"
)

func TestLeaf(*testing.T) { leaf.Pick() }
