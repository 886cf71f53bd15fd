<?php

const SIZE = 'größer';
