# Gatehouse on its own server (src/Server), for platforms other than Azure Functions:
#
#   docker build -t gatehouse .
#   docker run --name gatehouse -p 8080:8080 -v gatehouse:/data -e Organization__User=... -e Organization__Password=... -e Ops__LocalKey=... gatehouse

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY . .
RUN dotnet publish src/Server -c Release -o /app && mkdir /data

FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled
WORKDIR /app
COPY --from=build /app .
# Runs as a user without root rights, who can write to the data folder only.
COPY --from=build --chown=$APP_UID:$APP_UID --chmod=700 /data /data
USER $APP_UID
VOLUME /data
# This address is reachable from outside, so credentials must be configured.
ENV Urls=http://0.0.0.0:8080 Storage__Path=/data
EXPOSE 8080
# The image has no shell and no curl, so the program checks its own health.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["dotnet", "Gatehouse.Server.dll", "--health"]
ENTRYPOINT ["dotnet", "Gatehouse.Server.dll"]
