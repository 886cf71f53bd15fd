<?php

namespace Gradekit;

require_once '/usr/share/php/Composer/autoload.php';

/** Something in the submission's files that is not fetched here; the message is for its author. */
final class Refused extends \Exception
{
}

/** No package can be had, whoever asks. */
final class Unreachable extends \Exception
{
}

/** The repository of packages in force: the mirror that this machine names, else Composer's own default. */
final class Index
{
    private const CERTIFICATES = '/in/gradekit-ca.pem';
    private const KNOWN = 'psr/log';
    private const MAX = 128 << 20;
    private const TRIES = 3;
    private const SECONDS = 30;

    public readonly string $url;
    private ?string $metadata = null;

    public function __construct()
    {
        $told = getenv('COMPOSER_MIRROR') ?: array_values(\Composer\Config::$defaultRepositories)[0]['url'];
        $this->url = rtrim($told, '/') . '/';
    }

    /** Its address without secrets. */
    public function shown(): string
    {
        return preg_replace('#(?<=://)[^/@\s]+@#', '', $this->url);
    }

    /** What it says of a package: version to its data; null when there is none. */
    public function versions(string $name): ?array
    {
        $this->metadata ??= $this->metadata();
        $text = $this->get($this->absolute(str_replace('%package%', $name, $this->metadata)));
        $data = $text === null ? null : $this->json($text);
        $list = $data['packages'][$name] ?? null;
        if (!is_array($list)) {
            return null;
        }
        if (($data['minified'] ?? null) === 'composer/2.0') {
            $list = \Composer\MetadataMinifier\MetadataMinifier::expand($list);
        }
        return array_column($list, null, 'version');
    }

    /** The content of an address that it gave; null when there is no such file. */
    public function file(string $url): ?string
    {
        return $this->get($this->absolute($url));
    }

    /** `scheme://host[:port]` of the files of a well-known package. */
    public function hosts(): array
    {
        $found = [];
        $domains = \Composer\Config::$defaultConfig['github-domains'];
        foreach ($this->versions(self::KNOWN) ?? [] as $version) {
            $parts = parse_url($this->absolute((string) ($version['dist']['url'] ?? '')));
            if (!isset($parts['scheme'], $parts['host'])) {
                continue;
            }
            $found[] = "{$parts['scheme']}://{$parts['host']}" . (isset($parts['port']) ? ":{$parts['port']}" : '');
            // There, an archive's address leads on to another host.
            foreach ($domains as $domain) {
                if ($parts['host'] === "api.$domain") {
                    $found[] = "https://codeload.$domain";
                }
            }
        }
        return array_values(array_unique($found));
    }

    private function metadata(): string
    {
        $text = $this->get("{$this->url}packages.json");
        $url = $text === null ? null : ($this->json($text)['metadata-url'] ?? null);
        return is_string($url) ? $url : throw new Unreachable("{$this->shown()}: its packages.json names no metadata-url");
    }

    private function absolute(string $url): string
    {
        if (preg_match('#^https?://#', $url)) {
            return $url;
        }
        return str_starts_with($url, '/') ? preg_replace('#^(https?://[^/]+).*#', '$1', $this->url) . $url : $this->url . $url;
    }

    private function json(string $text): array
    {
        $data = json_decode($text, true);
        return is_array($data) ? $data : throw new Unreachable("{$this->shown()}: it answers what is no JSON");
    }

    private function get(string $url): ?string
    {
        for ($try = 1; ; $try++) {
            [$status, $body, $error] = $this->ask($url);
            if ($status >= 200 && $status < 300) {
                return $body;
            }
            if ($status === 404 || $status === 410) {
                return null;
            }
            if ($try >= self::TRIES || ($status !== 0 && $status !== 429 && $status < 500)) {
                throw new Unreachable("{$this->shown()}: " . ($status === 0 ? $error : "it answers $status"));
            }
            usleep(500_000 * $try);
        }
    }

    private function ask(string $url): array
    {
        $body = '';
        $handle = curl_init($url);
        curl_setopt_array($handle, [
            CURLOPT_CONNECTTIMEOUT => self::SECONDS,
            CURLOPT_LOW_SPEED_LIMIT => 1,
            CURLOPT_LOW_SPEED_TIME => self::SECONDS,
            CURLOPT_FOLLOWLOCATION => true,
            CURLOPT_MAXREDIRS => 5,
            CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
            CURLOPT_REDIR_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
            CURLOPT_USERAGENT => 'gradekit',
            CURLOPT_WRITEFUNCTION => static function ($_, string $part) use (&$body): int {
                $body .= $part;
                return strlen($body) > self::MAX ? 0 : strlen($part);
            },
        ] + (is_file(self::CERTIFICATES) && filesize(self::CERTIFICATES) ? [CURLOPT_CAINFO => self::CERTIFICATES] : []));
        $done = curl_exec($handle);
        $status = $done ? (int) curl_getinfo($handle, CURLINFO_RESPONSE_CODE) : 0;
        return [$status, $body, curl_error($handle)];
    }
}
