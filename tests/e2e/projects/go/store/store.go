// Package store keeps teas in PostgreSQL.
package store

import (
	"context"
	"database/sql"

	// The driver.
	_ "github.com/lib/pq"
)

// Tea is one of them.
type Tea struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

// Store is where they are.
type Store struct{ db *sql.DB }

// Open connects to a database.
func Open(url string) (Store, error) {
	db, err := sql.Open("postgres", url+"?sslmode=disable")
	return Store{db}, err
}

// All are the teas by their numbers.
func (s Store) All(ctx context.Context) ([]Tea, error) {
	rows, err := s.db.QueryContext(ctx, "select id, name from teas order by id")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := []Tea{}
	for rows.Next() {
		var tea Tea
		if err := rows.Scan(&tea.ID, &tea.Name); err != nil {
			return nil, err
		}
		found = append(found, tea)
	}
	return found, rows.Err()
}

// Add makes a tea.
func (s Store) Add(ctx context.Context, name string) (Tea, error) {
	tea := Tea{Name: name}
	err := s.db.QueryRowContext(ctx, "insert into teas (name) values ($1) returning id", name).Scan(&tea.ID)
	return tea, err
}
