import json
import sys
from collections import Counter

words = Counter(sys.stdin.read().lower().split())
most = sorted(words, key=lambda word: (-words[word], word))[0]
print(json.dumps({"words": words.total(), "distinct": len(words), "most": most}))
