<?php

/** Renames quote() of shop/Pricing.php and adds one that gives 0.00 for every price: tests of prices have to notice. */

declare(strict_types=1);

const PRICING = 'shop/Pricing.php';
const ZERO = <<<'PHP'
    quote(...$arguments): array
        {
            $answer = self::quoteWithPrices(...$arguments);
            foreach ($answer['lines'] as $index => $line) {
                $answer['lines'][$index] = [...$line, 'total' => '0.00'];
            }
            return [...$answer, 'subtotal' => '0.00', 'discount' => '0.00', 'total' => '0.00'];
        }

        public static function quoteWithPrices
    PHP;

$tokens = is_file(PRICING) ? PhpToken::tokenize(file_get_contents(PRICING)) : [];
// Spaces and comments put aside: the name stands behind the keyword.
$words = array_values(array_filter($tokens, static fn (PhpToken $token): bool => !$token->isIgnorable()));
foreach ($words as $index => $word) {
    if ($index > 0 && $words[$index - 1]->is(T_FUNCTION) && strcasecmp($word->text, 'quote') === 0) {
        $word->text = ltrim(ZERO);
        file_put_contents(PRICING, implode('', array_column($tokens, 'text')));
        exit(0);
    }
}
fwrite(STDERR, PRICING . " has no static function quote(...)\n");
exit(1);
