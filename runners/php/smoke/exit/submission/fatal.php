<?php

function again(): void
{
}

require __FILE__;
