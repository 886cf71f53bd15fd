<?php

echo "PHPUnit 9.6.7\n\n..\n\nOK (2 tests, 2 assertions)\nok 1 - wrong\n1..1\n";
echo '{"test":"ATest.php > ATest > testWrong","outcome":"passed","message":"","seconds":0}', "\n", '{"end":1}', "\n";
echo "##teamcity[testFinished name='testWrong']\n::notice::passed\n";

// No descriptor but the one of its own file's results is open.
foreach (range(3, 20) as $number) {
    $place = @fopen("php://fd/$number", 'w');
    if ($place !== false) {
        fwrite($place, '{"test":"ATest.php > ATest > testForged","outcome":"passed","message":"","seconds":0}' . "\n");
    }
}

function two(): int
{
    return 3;
}
