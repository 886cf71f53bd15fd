package shop

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"time"
)

const MaxSize = 3

var ErrValue = errors.New("a bad value")

var Rate = 0.5

type Size int

func (s Size) String() string { return [...]string{"small", "large"}[s] }

type Line struct {
	Name     string
	UnitCost int `json:"cost"`
	SKUs     []string
}

type Options struct{ Reverse bool }

type OutOfStock struct{ Item string }

func (e *OutOfStock) Error() string { return "no " + e.Item }

type Cart struct{ lines []Line }

func NewCart(lines ...Line) *Cart { return &Cart{lines} }
func (c *Cart) Add(line Line)     { c.lines = append(c.lines, line) }
func (c Cart) Count() int         { return len(c.lines) }
func (c *Cart) Merge(other *Cart) { c.lines = append(c.lines, other.lines...) }

func (c *Cart) Take(name string) (Line, error) {
	for _, line := range c.lines {
		if line.Name == name {
			return line, nil
		}
	}
	return Line{}, fmt.Errorf("take: %w", &OutOfStock{name})
}

func Echo(value any) any                        { return value }
func Numbers(a int8, b uint64, c float64) []any { return []any{a, b, c} }
func Large() (int64, *big.Int)                  { return 1 << 60, new(big.Int).Lsh(big.NewInt(1), 70) }
func First(text string) (string, bool)          { return text[:min(1, len(text))], text != "" }
func Parse(text string) (int, error)            { return strconv.Atoi(text) }
func Check(value int) error {
	if value < 0 {
		return fmt.Errorf("%d: %w", value, ErrValue)
	}
	return nil
}
func At(items []int, index int) int { return items[index] }
func Divide(a, b int) int           { return a / b }
func Double(items []int) {
	for i := range items {
		items[i] *= 2
	}
}
func Set(words []string) map[string]struct{} {
	set := map[string]struct{}{}
	for _, w := range words {
		set[w] = struct{}{}
	}
	return set
}
func Day(day time.Time) string                   { return day.Weekday().String() }
func Large2() Size                               { return 1 }
func Sorted(words []string, options Options) any { return options.Reverse }
func Words(by map[int]string) map[int]string     { return by }
func Lines() []Line                              { return []Line{{"tea", 2, nil}} }
func Fall()                                      { panic("fallen") }
func Generic[T any](value T) T                   { return value }
