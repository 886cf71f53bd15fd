package shop_test

import (
	"os"
	"testing"

	"shop"
)

func TestTotal(t *testing.T) {
	for name, prices := range map[string][]int{"none": nil, "some": {1, 2}} {
		t.Run(name, func(t *testing.T) {
			if got := shop.Total(prices); got != 3*min(len(prices), 1) {
				t.Errorf("%d", got)
			}
		})
	}
	if _, err := os.ReadFile("testdata/prices.txt"); err != nil {
		t.Error(err)
	}
}
