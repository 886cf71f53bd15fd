<?php

function shout(string $word): string
{
    return strtoupper($word) . '!';
}
