package shop_test

import (
	"testing"

	"shop"
)

func TestÄpfel(t *testing.T) { t.Run("naïve 👍", func(*testing.T) {}) }

func TestWrong(t *testing.T) { t.Errorf("got %s", shop.Hello()) }
