package calc

import "testing"

func TestLarge(t *testing.T) {
	if got := Add(1_000_000_000_000, 1); got != 1_000_000_000_001 {
		t.Errorf("got %d", got)
	}
}
