module example.org/teas

go 1.21

require (
	github.com/go-chi/chi/v5 VERSION
	github.com/lib/pq VERSION
)
