package shop_test

import (
	"slices"
	"testing"

	"gradekit/submission"
)

func TestRight(t *testing.T) {
	if got := submission.As[int](t, submission.Call(t, "shop.Total", []int{1, 2})); got != 3 {
		t.Error(got)
	}
}

func TestWrong(t *testing.T) {
	if got := submission.As[int](t, submission.Call(t, "shop.Total", []int{1, 2})); got != 4 {
		t.Error(got)
	}
}

func TestObject(t *testing.T) {
	cart := submission.New(t, "shop.Cart", "ana")
	cart.Call(t, "Add", "tea")
	if got := submission.As[int](t, cart.Call(t, "Add", "milk")); got != 2 {
		t.Error(got)
	}
}

func TestError(t *testing.T) {
	_, raised := submission.New(t, "shop.Cart", "ana").Try(t, "Add", "gold")
	if raised == nil || !raised.Has("shop:ErrNoStock") || raised.Message != "gold: out of stock" {
		t.Error(raised)
	}
}

func TestExit(t *testing.T) { submission.Try(t, "shop.Leave") }

func TestAfterExit(t *testing.T) { submission.Call(t, "shop.Total", []int{}) }

func TestChanged(t *testing.T) {
	if got := submission.As[[]int](t, submission.Call(t, "shop.Double", []int{1, 2})); !slices.Equal(got, []int{2, 4}) {
		t.Error(got)
	}
}

func TestElsewhere(t *testing.T) {
	if submission.As[bool](t, submission.Call(t, "shop.Hidden")) {
		t.Error("the tests are in reach")
	}
}

func TestAbsent(t *testing.T) { submission.Call(t, "shop.Absent") }
