<?php

namespace App;

final class Greeting
{
}
