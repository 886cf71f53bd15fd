package shop

import "os"

func Total(prices []int) (sum int) {
	for _, price := range prices {
		sum += price
	}
	return sum
}

func At(prices []int, index int) int { return prices[index] }

func Leave() { os.Exit(0) }
