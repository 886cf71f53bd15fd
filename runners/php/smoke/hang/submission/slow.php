<?php

function quick(): int
{
    return 1;
}

function forever(): void
{
    while (true) {
        quick();
    }
}
