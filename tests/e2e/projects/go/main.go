package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"example.org/teas/store"
)

func main() {
	teas, err := store.Open(os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	router := chi.NewRouter()
	router.Use(middleware.Recoverer)
	router.Get("/teas", func(w http.ResponseWriter, r *http.Request) {
		found, err := teas.All(r.Context())
		answer(w, http.StatusOK, found, err)
	})
	router.Post("/teas", func(w http.ResponseWriter, r *http.Request) {
		var wanted store.Tea
		if err := json.NewDecoder(r.Body).Decode(&wanted); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		made, err := teas.Add(r.Context(), wanted.Name)
		answer(w, http.StatusCreated, made, err)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), router))
}

func answer(w http.ResponseWriter, status int, body any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
