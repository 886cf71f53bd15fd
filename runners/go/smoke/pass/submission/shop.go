// Package shop adds up.
package shop

func Total(prices []int) (sum int) {
	for _, price := range prices {
		sum += price
	}
	return sum
}

func hidden() bool { return true }
