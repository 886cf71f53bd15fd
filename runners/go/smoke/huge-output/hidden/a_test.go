package shop_test

import (
	"testing"

	"shop"
)

func TestPrint(*testing.T) { shop.Print() }
