// Package wire has what both sides of the call protocol share: lines of JSON, capped in length and depth.
package wire

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Limits of the protocol.
const (
	MaxLine  = 1 << 20
	MaxDepth = 256
)

// ErrTooLong is the error of a line without end.
var ErrTooLong = errors.New("a line is longer than 1 MiB")

// Object is an object of JSON.
type Object = map[string]any

// Reader reads lines.
type Reader struct{ in *bufio.Reader }

// NewReader reads lines from a connection.
func NewReader(in io.Reader) *Reader { return &Reader{bufio.NewReaderSize(in, MaxLine+1)} }

// Read gives the next line's object; numbers stay as they are written.
func (r *Reader) Read() (Object, error) {
	line, err := r.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return nil, ErrTooLong
	}
	if err != nil {
		return nil, err
	}
	if deep(line) {
		return nil, errors.New("it is nested too deeply")
	}
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	var made Object
	if err := decoder.Decode(&made); err != nil {
		return nil, fmt.Errorf("it is not JSON: %w", err)
	}
	if decoder.More() {
		return nil, errors.New("it is more than one value")
	}
	return made, nil
}

func deep(line []byte) bool {
	depth, inside, escaped := 0, false, false
	for _, letter := range line {
		switch {
		case escaped:
			escaped = false
		case inside:
			escaped = letter == '\\'
			inside = letter != '"'
		case letter == '"':
			inside = true
		case letter == '[' || letter == '{':
			if depth++; depth > MaxDepth {
				return true
			}
		case letter == ']' || letter == '}':
			depth--
		}
	}
	return false
}

// Write writes an object and the end of its line.
func Write(out io.Writer, told Object) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(told); err != nil {
		return err
	}
	if text.Len() > MaxLine {
		return ErrTooLong
	}
	_, err := out.Write(text.Bytes())
	return err
}
