package shop

this is not even Go
