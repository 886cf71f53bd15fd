package toolkit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// WordCounts tells how often each word stands in a text.
func WordCounts(text string) map[string]int { return NewWordCounter(text).ToMap() }

// TopWords gives pairs of word and count, the most frequent first, equally frequent ones by their code points.
func TopWords(text string, count int) ([][2]any, error) {
	if count < 0 {
		return nil, fmt.Errorf("count must not be negative: %d: %w", count, ErrValue)
	}
	counts := WordCounts(text)
	// Bytes of UTF-8 are in the order of code points.
	ordered := slices.SortedFunc(maps.Keys(counts), func(one, other string) int {
		return cmp.Or(cmp.Compare(counts[other], counts[one]), strings.Compare(one, other))
	})
	top := [][2]any{}
	for _, word := range ordered[:min(count, len(ordered))] {
		top = append(top, [2]any{word, counts[word]})
	}
	return top, nil
}

// WordCounter counts the words of many texts.
type WordCounter struct{ counts map[string]int }

// NewWordCounter begins with texts, if there are any.
func NewWordCounter(texts ...string) *WordCounter {
	counter := &WordCounter{counts: map[string]int{}}
	for _, text := range texts {
		counter.Add(text)
	}
	return counter
}

// Total tells all words.
func (c *WordCounter) Total() (total int) {
	for _, count := range c.counts {
		total += count
	}
	return total
}

// Add counts a text, and tells how many words it has.
func (c *WordCounter) Add(text string) int {
	words := strings.FieldsFunc(strings.ToLower(text), func(letter rune) bool {
		return !unicode.IsLetter(letter) && !unicode.IsNumber(letter)
	})
	for _, word := range words {
		c.counts[word]++
	}
	return len(words)
}

// Count tells how often a word was met.
func (c *WordCounter) Count(word string) int { return c.counts[strings.ToLower(word)] }

// Remove forgets a word, and tells how often it was met.
func (c *WordCounter) Remove(word string) (int, error) {
	word = strings.ToLower(word)
	count, ok := c.counts[word]
	if !ok {
		return 0, fmt.Errorf("the word %q was never met: %w", word, ErrKey)
	}
	delete(c.counts, word)
	return count, nil
}

// Merge adds what another counter has counted.
func (c *WordCounter) Merge(other *WordCounter) {
	for word, count := range other.ToMap() {
		c.counts[word] += count
	}
}

// ToMap tells all words with how often they were met.
func (c *WordCounter) ToMap() map[string]int { return maps.Clone(c.counts) }
