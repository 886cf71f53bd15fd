package shop_test

import (
	"testing"

	"shop"
)

func TestAbsent(*testing.T) { shop.Absent() }
