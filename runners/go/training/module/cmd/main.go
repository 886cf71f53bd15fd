// Command cmd is compiled once, so that the cache has what answers calls.
package main

import "gradekit/worker"

func main() { worker.Serve(nil) }
