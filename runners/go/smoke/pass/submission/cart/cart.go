package cart

import "shop"

type Cart struct{ prices []int }

func (c *Cart) Add(price int) int {
	c.prices = append(c.prices, price)
	return shop.Total(c.prices)
}
