<?php

fwrite(STDERR, 'BREACH');

class ClassLoader
{
}
