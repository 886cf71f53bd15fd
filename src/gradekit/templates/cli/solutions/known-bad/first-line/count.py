import json
import sys
from collections import Counter


def main():
    try:
        text = sys.stdin.buffer.readline().decode("utf-8")
    except UnicodeDecodeError as error:
        print(f"count: the input is not UTF-8 (byte {error.start})", file=sys.stderr)
        return 2
    words = Counter(text.lower().split())
    most = min(words, key=lambda word: (-words[word], word), default=None)
    print(json.dumps({"words": words.total(), "distinct": len(words), "most": most}))
    return 0


sys.exit(main())
