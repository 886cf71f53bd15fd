import frobnicate

answer = frobnicate.answer
