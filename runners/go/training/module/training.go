// Package training is compiled once, so that the cache has what every suite needs.
package training
