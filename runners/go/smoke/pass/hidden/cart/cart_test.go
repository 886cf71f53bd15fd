package cart

import "testing"

func TestAdd(t *testing.T) {
	var cart Cart
	if cart.Add(2) != 2 {
		t.Error("not 2")
	}
}
