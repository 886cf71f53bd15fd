package calc_test

import (
	"testing"

	"calc"
)

func TestSmall(t *testing.T) {
	if got := calc.Add(2, 3); got != 5 {
		t.Errorf("got %d", got)
	}
}

func TestNegative(t *testing.T) {
	if got := calc.Add(-7, 3); got != -4 {
		t.Errorf("got %d", got)
	}
}
