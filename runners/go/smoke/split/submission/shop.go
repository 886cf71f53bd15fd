package shop

import (
	"errors"
	"fmt"
	"os"
)

var ErrNoStock = errors.New("out of stock")

var calls int

type Cart struct {
	owner string
	items []string
}

func NewCart(owner string) *Cart { return &Cart{owner: owner} }

func (c *Cart) Add(item string) (int, error) {
	if item == "gold" {
		return 0, fmt.Errorf("%s: %w", item, ErrNoStock)
	}
	c.items = append(c.items, item)
	return len(c.items), nil
}

func Total(prices []int) (sum int) {
	calls++
	for _, price := range prices {
		sum += price
	}
	return sum
}

func Calls() int { return calls }

func Double(prices []int) []int {
	for i := range prices {
		prices[i] *= 2
	}
	return prices
}

func Leave() { os.Exit(0) }

func Hidden() bool {
	_, err := os.Stat("/hidden/a_test.go")
	return err == nil
}
