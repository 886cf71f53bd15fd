<?php

use PHPUnit\Framework\TestCase;

Frobnicate\begin();
