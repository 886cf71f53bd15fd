package calc_test

import (
	"testing"

	"gradekit/submission"
)

func TestSmall(t *testing.T) {
	if got := submission.As[int](t, submission.Call(t, "calc.Add", 2, 3)); got != 5 {
		t.Errorf("got %d", got)
	}
}

func TestNegative(t *testing.T) {
	if got := submission.As[int](t, submission.Call(t, "calc.Add", -7, 3)); got != -4 {
		t.Errorf("got %d", got)
	}
}
