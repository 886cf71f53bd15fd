package add

import "testing"

func TestAdd(t *testing.T) {
	for _, row := range cases {
		if got := Add(row[0], row[1]); got != row[2] {
			t.Fatalf("got %d", got)
		}
	}
}
