"""pipecat on the same telephone line: its own Twilio, Google and OpenAI services, as in its guide.

Changed only: where the clients connect to, the language, and the models that serve Hebrew. The end
of a turn is by silence, pipecat's default VAD and 0.6 s more (its `user_speech_timeout`): its smart
turn model knows no Hebrew. Run by bench.scenarios with the python of var/peers/pipecat.
"""

from __future__ import annotations

import argparse
import json
import sys

import grpc
import uvicorn
from fastapi import FastAPI, Response, WebSocket
from google.auth.credentials import AnonymousCredentials
from google.cloud import speech_v2, texttospeech_v1
from google.cloud.speech_v2.services.speech.transports import SpeechGrpcAsyncIOTransport
from google.cloud.texttospeech_v1.services.text_to_speech.transports import (
    TextToSpeechGrpcAsyncIOTransport,
)
from loguru import logger
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.services.google import stt as google_stt
from pipecat.services.google.stt import GoogleSTTService
from pipecat.services.google.tts import GoogleTTSService
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.transcriptions.language import Language
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.workers.runner import WorkerRunner

app = FastAPI()
google_stt.default = lambda **_: (AnonymousCredentials(), "local")


class LocalSpeech(GoogleSTTService):
    def __init__(self, **settings: object) -> None:
        super().__init__(location="eu", **settings)
        channel = grpc.aio.insecure_channel(options.speech)
        transport = SpeechGrpcAsyncIOTransport(channel=channel)
        self._client = speech_v2.SpeechAsyncClient(transport=transport)


class LocalVoice(GoogleTTSService):
    def _create_client(self, *_credentials: object) -> texttospeech_v1.TextToSpeechAsyncClient:
        channel = grpc.aio.insecure_channel(options.voice)
        transport = TextToSpeechGrpcAsyncIOTransport(channel=channel)
        return texttospeech_v1.TextToSpeechAsyncClient(transport=transport)


@app.post("/voice")
async def answer() -> Response:
    stream = f'<Stream url="wss://127.0.0.1:{options.port}/ws"/>'
    twiml = f"<Response><Connect>{stream}</Connect></Response>"
    return Response(twiml, media_type="text/xml")


@app.websocket("/ws")
async def media(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.receive_text()  # connected
    start = json.loads(await websocket.receive_text())["start"]
    inputs = TwilioFrameSerializer.InputParams(auto_hang_up=False)
    transport = FastAPIWebsocketTransport(
        websocket,
        FastAPIWebsocketParams(
            audio_in_enabled=True,
            audio_out_enabled=True,
            serializer=TwilioFrameSerializer(start["streamSid"], params=inputs),
        ),
    )
    hearing = GoogleSTTService.Settings(languages=[Language.HE_IL], model="chirp_3")
    speaking = GoogleTTSService.Settings(voice="he-IL-Chirp3-HD-Kore", language=Language.HE_IL)
    writing = OpenAILLMService.Settings(model="gpt-5.4-mini")
    strategies = UserTurnStrategies(
        stop=[SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=0.6)]
    )
    user, assistant = LLMContextAggregatorPair(
        LLMContext([{"role": "system", "content": "You are a helpful telephone agent."}]),
        user_params=LLMUserAggregatorParams(
            vad_analyzer=SileroVADAnalyzer(), user_turn_strategies=strategies
        ),
    )
    llm = OpenAILLMService(api_key=options.key, base_url=options.openai, settings=writing)
    stages = [
        transport.input(), LocalSpeech(settings=hearing), user, llm, LocalVoice(settings=speaking),
        transport.output(), assistant,
    ]  # fmt: skip
    params = PipelineParams(audio_in_sample_rate=8000, audio_out_sample_rate=8000)
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(PipelineWorker(Pipeline(stages), params=params))

    @transport.event_handler("on_client_disconnected")
    async def hung_up(_transport: object, _client: object) -> None:
        await runner.cancel()

    await runner.run()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    for name in ("--speech", "--voice", "--openai", "--key"):
        parser.add_argument(name, required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    logger.remove()
    logger.add(sys.stderr, level="WARNING")
    uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="warning", loop="uvloop")
