//! A page in one of Portlight's windows: what is on it, and what a user does there.

use super::{App, TIMEOUT, wait::within_timeout};
use base64::{Engine, prelude::BASE64_STANDARD};
use fantoccini::{Client, Locator, elements::Element, error::CmdError, wd::WindowHandle};
use image::RgbImage;
use serde_json::Value;
use tokio::time::timeout;

/// A window's page.
pub struct Page<'a> {
    app: &'a App<'a>,
    handle: WindowHandle,
}

impl<'a> Page<'a> {
    pub(super) fn new(app: &'a App<'a>, handle: WindowHandle) -> Self {
        Self { app, handle }
    }

    /// Runs a script's function body; what it returns, or what its promise brings.
    pub async fn script(&self, body: &str) -> Value {
        let waiting = format!(
            "const done = arguments[arguments.length - 1];
             (async () => {{ {body} }})().then((value) => done({{ value }}), (error) => done({{ error: String(error?.message ?? error) }}));"
        );
        let answer = self.driver(body, async |client| client.execute_async(&waiting, Vec::new()).await).await;
        match answer.get("error") {
            Some(error) => panic!("{body}: {error}"),
            None => answer.get("value").cloned().unwrap_or_default(),
        }
    }

    /// Waits until an expression on the page is true, or anything else that counts as true.
    pub async fn until(&self, what: &str, expression: &str) -> Value {
        let look = format!("return {expression}");
        match within_timeout(async || Some(self.script(&look).await).filter(is_true)).await {
            Some(found) => found,
            None => panic!("waited in vain for {what}; the page says: {}", self.text().await),
        }
    }

    /// Waits for a session's state.
    pub async fn until_state(&self, state: &str) {
        self.until(&format!("the state {state}"), &format!("document.body.dataset.state === {state:?}")).await;
    }

    /// Waits until something is to be seen.
    pub async fn until_shown(&self, selector: &str) {
        self.until(&format!("{selector} to be seen"), &shown(selector)).await;
    }

    /// Waits until something is no longer to be seen.
    pub async fn until_gone(&self, selector: &str) {
        self.until(&format!("{selector} to be gone"), &format!("!({})", shown(selector))).await;
    }

    /// The text of an element, once it is to be seen and has some.
    pub async fn text_of(&self, selector: &str) -> String {
        let expression = format!("({}) && document.querySelector({selector:?}).innerText.trim()", shown(selector));
        let text = self.until(&format!("text in {selector}"), &expression).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// All text on the page.
    pub async fn text(&self) -> String {
        self.script("return document.body.innerText").await.as_str().unwrap_or_default().to_owned()
    }

    /// Clicks an element, once it is to be seen. Where that closes the window, the driver's answer may go with it.
    pub async fn click(&self, selector: &str) {
        self.scroll_to(selector).await;
        let clicked = self.command(selector, async |client| find(client, selector).await?.click().await).await;
        if let Err(cause) = clicked
            && within_timeout(async || (!self.app.has(&self.handle).await).then_some(())).await.is_none()
        {
            panic!("{selector}: {cause}");
        }
    }

    /// Brings an element into view, once it is to be seen: WebKit's driver leaves it at the edge of what scrolls.
    async fn scroll_to(&self, selector: &str) {
        self.find(selector).await;
        self.script(&format!("document.querySelector({selector:?})?.scrollIntoView({{ block: 'nearest' }})")).await;
    }

    /// Types into a field, over what stood there. (WebDriver cannot type nothing.)
    pub async fn fill(&self, selector: &str, text: &str) {
        self.scroll_to(selector).await;
        self.driver(selector, async |client| {
            let field = find(client, selector).await?;
            field.clear().await?;
            field.send_keys(text).await
        })
        .await;
    }

    /// Presses keys while an element has the focus.
    pub async fn press(&self, selector: &str, keys: &str) {
        self.find(selector).await;
        self.driver(selector, async |client| find(client, selector).await?.send_keys(keys).await).await;
    }

    /// Calls a viewer's toolbar, which has the focus then. Where it has it already, the same keys would send it away.
    pub async fn call_toolbar(&self) {
        // It is drawn after the first picture, or when that is long in coming.
        let able = "document.hasFocus() && document.querySelector('#toolbar') !== null";
        self.until("a toolbar that keys can call", able).await;
        if self.script("return document.querySelector('#toolbar :focus') === null").await == true {
            self.app.desk().display().press("ctrl+alt+shift+t");
        }
        self.until_shown("#toolbar :focus").await;
    }

    /// Clicks a button of a viewer's toolbar.
    pub async fn use_tool(&self, selector: &str) {
        self.call_toolbar().await;
        self.click(selector).await;
    }

    /// The remote screen as the viewer has it; none where it has none yet.
    pub async fn screen(&self) -> Option<RgbImage> {
        let canvas = "const canvas = [...document.querySelectorAll('#screen canvas')].find((c) => c.checkVisibility());
                      return canvas?.toDataURL() ?? ''";
        let url = self.script(canvas).await;
        let png = BASE64_STANDARD.decode(url.as_str()?.strip_prefix("data:image/png;base64,")?).ok()?;
        Some(image::load_from_memory(&png).ok()?.into_rgb8())
    }

    async fn find(&self, selector: &str) {
        // Buttons that consent to something take no click in their first half second, and say so.
        let able = format!(
            "({}) && !document.querySelector({selector:?}).disabled
                 && document.querySelector({selector:?}).getAttribute('aria-disabled') !== 'true'",
            shown(selector)
        );
        self.until(&format!("{selector} to be there for the user"), &able).await;
    }

    /// One command to this window, which answers.
    async fn driver<T>(&self, what: &str, command: impl AsyncFnOnce(&Client) -> Result<T, CmdError>) -> T {
        self.command(what, command).await.unwrap_or_else(|cause| panic!("{what}: {cause}"))
    }

    /// One command to this window.
    async fn command<T>(
        &self,
        what: &str,
        command: impl AsyncFnOnce(&Client) -> Result<T, CmdError>,
    ) -> Result<T, CmdError> {
        let _turn = self.app.turn().await;
        let answer = timeout(TIMEOUT, async {
            self.app.client().switch_to_window(self.handle.clone()).await?;
            command(self.app.client()).await
        });
        answer.await.unwrap_or_else(|_| panic!("{what}: the page does not answer"))
    }
}

async fn find(client: &Client, selector: &str) -> Result<Element, CmdError> {
    client.find(Locator::Css(selector)).await
}

fn shown(selector: &str) -> String {
    format!("(document.querySelector({selector:?})?.checkVisibility({{ visibilityProperty: true }}) ?? false)")
}

fn is_true(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false)) && value.as_str() != Some("") && value.as_f64() != Some(0.0)
}
