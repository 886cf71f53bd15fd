<?php
// phpcs:ignoreFile
function f($a)
{
    // phpcs:disable
    eval($a); // phpcs:ignore
    try {
        @g();
    } catch (Exception $e) {
    } // @codingStandardsIgnoreLine
    var_dump($a);
    return `ls`;
}
