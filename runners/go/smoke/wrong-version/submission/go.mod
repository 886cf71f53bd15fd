module shop

go 1.99

require tea.example/leaf v1.2.0
