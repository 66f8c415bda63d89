"""Google: Speech-to-Text (v1 and v2) and Text-to-Speech."""

from calls.services.vendors import Setting, Vendor

VENDOR = Vendor(
    "google",
    plays={
        "transcriber": "calls.services.google.speech.GoogleTranscriber",
        "speaker": "calls.services.google.voice.GoogleSpeaker",
    },
    settings=(
        Setting(
            "GOOGLE_APPLICATION_CREDENTIALS",
            "file with the service account's key, read by Google's own libraries",
            chooses=("transcriber", "speaker"),
        ),
        Setting(
            "GOOGLE_CLOUD_PROJECT",
            "what recognition is asked in",
            default_in_words="that of the credentials",
        ),
        Setting(
            "GOOGLE_SPEECH_ENDPOINT",
            "host:port of another server for both versions of the API; empty: Google's own",
            chooses=("transcriber",),
        ),
        Setting(
            "GOOGLE_TEXTTOSPEECH_ENDPOINT",
            "host:port of another server; empty: Google's own",
            chooses=("speaker",),
        ),
        Setting("GOOGLE_INSECURE", "true: these two without TLS, on this machine", False),
        Setting(
            "GCP_STT_LANGUAGE",
            "what Google should recognise",
            default_in_words="the language of the calls",
        ),
        Setting(
            "GCP_STT_MODEL",
            "with which model; where Google does not serve the two together, chirp_3, "
            "command_and_search or default takes over, and the log says why",
            "phone_call",
        ),
        Setting(
            "GOOGLE_TTS_VOICE",
            "Google's voice, like he-IL-Chirp3-HD-Kore",
            default_in_words="the language's Chirp3-HD-Kore",
        ),
        Setting(
            "GOOGLE_TTS_FALLBACK_VOICE",
            "the one for when that cannot speak: quota used up, streaming refused",
            default_in_words="the language's Wavenet-A",
        ),
    ),
)
