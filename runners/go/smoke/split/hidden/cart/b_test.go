package cart_test

import (
	"testing"

	"gradekit/submission"
)

func TestFresh(t *testing.T) {
	if got := submission.As[int](t, submission.Call(t, "shop.Calls")); got != 0 {
		t.Error("an earlier folder's process:", got)
	}
}
