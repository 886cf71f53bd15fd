// Package toolkit has small tools for text: slugs, lines, words, numbers, templates, outlines and a counter of words.
package toolkit

import (
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Errors of this package wrap one of these.
var (
	ErrValue = errors.New("a bad value")
	ErrKey   = errors.New("no such name")
	ErrIndex = errors.New("no such place")
)

//go:embed letters.txt
var table string

// plain are the letters and digits a-z and 0-9 that other characters are made of, by Unicode's form NFKD.
var plain = func() map[rune]string {
	found := map[rune]string{}
	for _, line := range strings.Split(strings.TrimSpace(table), "\n") {
		letter, letters, _ := strings.Cut(line, " ")
		first, _ := utf8.DecodeRuneInString(letter)
		found[first] = letters
	}
	return found
}()

var dashes = regexp.MustCompile("[^a-z0-9]+")

// Slug gives lower-case letters a-z and digits, everything else as single hyphens.
func Slug(text string) string {
	var out strings.Builder
	for _, letter := range text {
		if letters, ok := plain[letter]; ok {
			out.WriteString(letters)
		} else if !unicode.Is(unicode.M, letter) {
			out.WriteRune(unicode.ToLower(letter))
		}
	}
	return strings.Trim(dashes.ReplaceAllString(out.String(), "-"), "-")
}

// Wrap puts the words in lines of at most width characters; a longer word has a line of its own.
func Wrap(text string, width int) ([]string, error) {
	if width < 1 {
		return nil, fmt.Errorf("width must be at least 1, not %d: %w", width, ErrValue)
	}
	var lines []string
	for _, word := range strings.Fields(text) {
		last := len(lines) - 1
		if last >= 0 && length(lines[last])+1+length(word) <= width {
			lines[last] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines, nil
}

// LineAt gives a line by its number from 0.
func LineAt(text string, number int) (string, error) {
	lines := strings.Split(text, "\n")
	if number < 0 || number >= len(lines) {
		return "", fmt.Errorf("there is no line %d, only %d lines: %w", number, len(lines), ErrIndex)
	}
	return lines[number], nil
}

// EditDistance tells how many characters must be put in, left out or replaced.
func EditDistance(first, second string) int {
	other := []rune(second)
	row := make([]int, len(other)+1)
	for i := range row {
		row[i] = i
	}
	for _, letter := range first {
		diagonal := row[0]
		row[0]++
		for i, beside := range other {
			replaced := diagonal
			if letter != beside {
				replaced++
			}
			diagonal = row[i+1]
			row[i+1] = min(row[i+1]+1, row[i]+1, replaced)
		}
	}
	return row[len(other)]
}

// Similarity is 1 for equal texts, 0 for such as have nothing in common.
func Similarity(first, second string) float64 {
	longest := max(length(first), length(second))
	if longest == 0 {
		return 1
	}
	return 1 - float64(EditDistance(first, second))/float64(longest)
}

// Fingerprint is a number for a text.
func Fingerprint(text string) uint64 {
	var number uint64
	for _, letter := range text {
		number = (number*131 + uint64(letter)) % (1 << 55)
	}
	return number
}

var romans = []struct {
	value   int
	letters string
}{
	{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"},
	{50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"},
}

// Roman writes a whole number from 1 to 3999 in Roman numerals.
func Roman(number int) (string, error) {
	if number < 1 || number > 3999 {
		return "", fmt.Errorf("%d is not from 1 to 3999: %w", number, ErrValue)
	}
	var written strings.Builder
	for _, roman := range romans {
		written.WriteString(strings.Repeat(roman.letters, number/roman.value))
		number %= roman.value
	}
	return written.String(), nil
}

// FromRoman is the number of Roman numerals.
func FromRoman(text string) (int, error) {
	number, rest := 0, text
	for _, roman := range romans {
		for strings.HasPrefix(rest, roman.letters) {
			number, rest = number+roman.value, rest[len(roman.letters):]
		}
	}
	// Numerals that nobody writes are found by writing the number again.
	if written, err := Roman(number); err != nil || written != text {
		return 0, fmt.Errorf("%q is no Roman number: %w", text, ErrValue)
	}
	return number, nil
}

// DaysBetween tells the days from one date to another; negative when the second is earlier.
func DaysBetween(first, second string) (int, error) {
	from, err := date(first)
	if err != nil {
		return 0, err
	}
	to, err := date(second)
	if err != nil {
		return 0, err
	}
	const day = 24 * 60 * 60
	return int((to.Unix() - from.Unix()) / day), nil
}

func date(text string) (time.Time, error) {
	made, err := time.Parse(time.DateOnly, text)
	if err != nil || made.Year() == 0 {
		return made, fmt.Errorf("%q is not a date: %w", text, ErrValue)
	}
	return made, nil
}

// FirstSentence is what goes up to the first `.`, `!` or `?`, if there is one.
func FirstSentence(text string) (string, bool) {
	end := strings.IndexAny(text, ".!?")
	if end < 0 {
		return "", false
	}
	return strings.TrimSpace(text[:end+1]), true
}

var mark = regexp.MustCompile(`\{\{|\}\}|\{[a-z_]+\}|[{}]`)

// Fill replaces `{name}` in the template by values; `{{` and `}}` are braces.
func Fill(template string, values map[string]any) (string, error) {
	var failure error
	filled := mark.ReplaceAllStringFunc(template, func(found string) string {
		switch found {
		case "{{", "}}":
			return found[:1]
		case "{", "}":
			failure = fmt.Errorf("a brace stands alone: %w", ErrValue)
			return ""
		}
		value, ok := values[found[1:len(found)-1]]
		if !ok && failure == nil {
			failure = fmt.Errorf("there is no value for %s: %w", found, ErrKey)
		}
		if value == nil {
			return ""
		}
		return fmt.Sprint(value)
	})
	return filled, failure
}

// Heading is one of an outline.
type Heading struct {
	Title    string
	Children []*Heading
}

var heading = regexp.MustCompile(`^(#+) +(.*\S) *$`)

// Outline nests the headings of a text, those of a deeper level inside of the one before.
func Outline(text string) ([]*Heading, error) {
	root := &Heading{}
	levels := []*Heading{root}
	for _, line := range strings.Split(text, "\n") {
		found := heading.FindStringSubmatch(line)
		if found == nil {
			continue
		}
		depth := len(found[1])
		if depth > len(levels) {
			return nil, fmt.Errorf("%q is more than one level deeper than the heading before: %w", line, ErrValue)
		}
		made := &Heading{Title: found[2]}
		levels[depth-1].Children = append(levels[depth-1].Children, made)
		levels = append(slices.Clip(levels[:depth]), made)
	}
	return root.Children, nil
}

func length(text string) int { return utf8.RuneCountInString(text) }
