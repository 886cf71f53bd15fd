<?php

use PHPUnit\Framework\TestCase;

require '/work/app.php';

final class ATest extends TestCase
{
    public function testRight(): void
    {
        self::assertSame(['', false, '1'], [ini_get('auto_prepend_file'), getenv('PHPRC'), ini_get('zend.assertions')]);
        self::assertStringStartsWith('/tmp/suite-', getcwd());
        self::assertStringStartsWith('/usr/', (new ReflectionClass(TestCase::class))->getFileName());
        self::assertThat(1, self::identicalTo(1));
    }

    public function testWrong(): void
    {
        self::assertSame(2, two());
    }
}
