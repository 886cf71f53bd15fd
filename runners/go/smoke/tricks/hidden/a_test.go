package shop_test

import (
	"os"
	"strings"
	"testing"

	"shop"
)

func TestRight(t *testing.T) {
	if directory, _ := os.Getwd(); directory != "/hidden" || strings.Contains(os.Getenv("PATH"), "/work") || os.Getenv("GOFLAGS") != "" {
		t.Error(directory, os.Environ())
	}
}

func TestWrong(t *testing.T) {
	if shop.Two() != 2 {
		t.Error("not 2")
	}
}

func TestFake(t *testing.T) {
	t.Log(shop.Text())
	t.Error(shop.Text())
}

func TestLast(t *testing.T) { t.Error("never right") }
