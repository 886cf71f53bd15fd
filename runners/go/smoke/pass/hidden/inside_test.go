package shop

import "testing"

func TestInside(t *testing.T) {
	if !hidden() {
		t.Fail()
	}
}
