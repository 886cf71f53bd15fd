<?php

while (true) {
    echo str_repeat('x', 65_536);
}
