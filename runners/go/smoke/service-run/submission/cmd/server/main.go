package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/hello", func(w http.ResponseWriter, _ *http.Request) {
		_, err := os.Stat("/hidden")
		fmt.Fprintln(w, "run:", err == nil)
	})
	panic(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
