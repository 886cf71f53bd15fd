package shop_test

import (
	"testing"
	"time"

	"shop"
)

func TestRight(t *testing.T) {
	t.Parallel()
	time.Sleep(300 * time.Millisecond)
}

func TestPanics(t *testing.T) {
	t.Parallel()
	shop.At([]int{1, 2}, 5)
}

func TestLeaves(t *testing.T) {
	t.Parallel()
	time.Sleep(100 * time.Millisecond)
	shop.Leave()
}

func TestParts(t *testing.T) {
	for _, name := range []string{"one", "other"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			time.Sleep(200 * time.Millisecond)
		})
	}
}
