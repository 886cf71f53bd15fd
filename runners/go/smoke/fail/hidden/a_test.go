package shop_test

import (
	"testing"

	"shop"
)

func TestRight(t *testing.T) {
	if shop.Total([]int{1}) != 1 {
		t.Error()
	}
}

func TestWrong(t *testing.T) { t.Errorf("total is %d", shop.Total([]int{1})) }

func TestPanics(t *testing.T) { shop.At([]int{1, 2}, 5) }

func TestAfterPanic(*testing.T) {}

func TestLeaves(*testing.T) { shop.Leave() }

func TestAfterExit(*testing.T) {}

func TestLater(t *testing.T) { t.Skip("not now") }

func TestParts(t *testing.T) {
	t.Run("good", func(*testing.T) {})
	t.Run("bad", func(t *testing.T) { t.Fatal("bad") })
}
