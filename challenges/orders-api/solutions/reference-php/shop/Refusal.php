<?php

declare(strict_types=1);

namespace Shop;

use RuntimeException;

/** A request that is not fulfilled; nothing was changed. */
final class Refusal extends RuntimeException
{
    /**
     * @param string $word what the client's program goes by
     * @param list<array{field: string, message: string}> $details
     */
    public function __construct(public readonly string $word, string $message, public readonly array $details = [])
    {
        parent::__construct($message);
    }

    /** @param array<string, string> $problems what is wrong, by the field */
    public static function invalid(array $problems): self
    {
        $details = [];
        foreach ($problems as $field => $message) {
            $details[] = ['field' => $field, 'message' => $message];
        }
        return new self('validation_failed', 'some values are not valid', $details);
    }

    public static function notFound(): self
    {
        return new self('not_found', 'there is nothing here');
    }
}
